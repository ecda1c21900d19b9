// What unzipper's stream reader makes of an archive on standard input, below the directory named.

import { createWriteStream, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import unzipper from "unzipper";

for await (const entry of process.stdin.pipe(unzipper.Parse({ forceStream: true }))) {
  const path = join(process.argv[2], entry.path);
  mkdirSync(dirname(path), { recursive: true });
  await pipeline(entry, createWriteStream(path));
}
