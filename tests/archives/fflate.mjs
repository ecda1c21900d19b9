// What fflate's stream reader makes of an archive on standard input, below the directory named.

import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Unzip, UnzipPassThrough } from "fflate";

const unzip = new Unzip((file) => {
  const path = join(process.argv[2], file.name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  file.ondata = (error, chunk) => {
    if (error) throw error;
    appendFileSync(path, chunk);
  };
  file.start();
});
unzip.register(UnzipPassThrough);
for await (const chunk of process.stdin) unzip.push(chunk);
unzip.push(new Uint8Array(0), true);
