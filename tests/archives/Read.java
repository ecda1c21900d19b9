// What Java's stream reader makes of an archive on standard input, below the directory named.

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

class Read {
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        try (ZipInputStream zip = new ZipInputStream(System.in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path file = directory.resolve(entry.getName());
                Files.createDirectories(file.getParent());
                Files.copy(zip, file);
                Files.setLastModifiedTime(file, entry.getLastModifiedTime());
            }
        }
    }
}
