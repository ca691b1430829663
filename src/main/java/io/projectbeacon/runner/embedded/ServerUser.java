package io.projectbeacon.runner.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;

/**
 * The user that the servers run as. Usually that is the user who started this process. PostgreSQL refuses to run as
 * root, though, and in a container root is often the only user: then it is the owner of the data, or {@code nobody}.
 *
 * @param prefix the words before a command that run it as this user; empty for the user who started this process
 * @param uid the numeric user, meaningful when {@code prefix} is not empty
 * @param gid the numeric group, likewise
 */
record ServerUser(List<String> prefix, int uid, int gid) {

    private static final int ROOT = 0;

    // The same number on Debian, Alpine and Fedora. It must be in /etc/passwd: initdb looks its own user up.
    private static final int NOBODY = 65534;

    /** The user for the servers' files in {@code directory}, which exists. */
    static ServerUser of(Path directory) throws IOException {
        Path self = Path.of("/proc/self");
        if (!Files.exists(self) || id(self, "uid") != ROOT) {
            return new ServerUser(List.of(), NOBODY, NOBODY);
        }
        Path data = directory.resolve("postgres");
        boolean owned = Files.exists(data) && id(data, "uid") != ROOT;
        int uid = owned ? id(data, "uid") : NOBODY;
        int gid = owned ? id(data, "gid") : NOBODY;
        List<String> prefix = new ArrayList<>(List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups"));
        if (!reachableByAll(directory)) {
            // As in a checkout below /root, whose parents no other user may enter. The server keeps just the one
            // capability that opens them; without the secure bit, access(2), by which initdb looks for its
            // programs, would ignore it.
            prefix.addAll(List.of(
                    "--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"));
        }
        prefix.add("--");
        return new ServerUser(List.copyOf(prefix), uid, gid);
    }

    /** The command line that runs {@code command} as this user. */
    List<String> command(List<String> command) {
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(command);
        return List.copyOf(whole);
    }

    /** Makes the file or directory this user's own. */
    Path own(Path path) throws IOException {
        if (!prefix.isEmpty()) {
            Files.setAttribute(path, "unix:uid", uid);
            Files.setAttribute(path, "unix:gid", gid);
        }
        return path;
    }

    private static int id(Path path, String which) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:" + which);
    }

    private static boolean reachableByAll(Path directory) throws IOException {
        for (Path path = directory; path != null; path = path.getParent()) {
            if (!Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                return false;
            }
        }
        return true;
    }
}
