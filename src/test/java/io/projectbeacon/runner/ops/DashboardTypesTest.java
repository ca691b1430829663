package io.projectbeacon.runner.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.projectbeacon.runner.support.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** TypeScript's compiler reads the dashboards against Grafana's own types. */
class DashboardTypesTest {

    private static final Path FOLDER = Path.of("target", "grafana");
    private static final Path TYPES = Path.of("src", "test", "grafana", "dashboard.ts");
    private static final List<String> PACKAGES = List.of("@grafana/grafana-foundation-sdk@0.0.21", "typescript@5.9.3");

    @BeforeAll
    static void installTheCompilerAndTheTypes() throws Exception {
        Tools.assumeInstalled("node");
        Path modules = FOLDER.resolve("node_modules");
        if (!Files.isDirectory(modules.resolve("typescript"))) {
            Tools.assumeInstalled("npm");
            Files.createDirectories(FOLDER);
            List<String> install = new ArrayList<>(List.of("npm", "install", "--prefix", FOLDER.toString()));
            install.addAll(List.of("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"));
            install.addAll(PACKAGES);
            String said = Tools.run("", install.toArray(String[]::new));
            assumeTrue(
                    Files.isDirectory(modules.resolve("typescript")),
                    () -> PACKAGES + " cannot be fetched: this check is skipped ("
                            + said.lines().findFirst().orElse("") + ")");
        }
        Files.copy(TYPES, FOLDER.resolve("dashboard.ts"), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void everyDashboardFitsGrafanasTypes() throws Exception {
        List<Path> sources = new ArrayList<>();
        for (Path file : OpsFiles.dashboards()) {
            sources.add(typed(file.getFileName().toString().replace(".json", ".ts"), Files.readString(file)));
        }
        assertThat(compile(sources)).isEmpty();
    }

    /** What a compiler that resolved no type would let through. */
    @Test
    void aWordThatGrafanaDoesNotKnowIsFound() throws Exception {
        String dashboard = Files.readString(OpsFiles.DASHBOARDS.resolve("runner.json"));
        assertThat(compile(List.of(typed("word.ts", dashboard.replace("\"dashed\"", "\"dash\"")))))
                .contains("'\"dash\"' is not assignable");
        assertThat(compile(List.of(typed("field.ts", dashboard.replace("\"legendFormat\"", "\"legend\"")))))
                .contains("'\"legend\"' does not exist");
    }

    private static Path typed(String name, String json) throws IOException {
        return Files.writeString(
                FOLDER.resolve(name),
                "import type { DashboardFile } from './dashboard';\nexport const file: DashboardFile = " + json.strip()
                        + ";\n");
    }

    /** What the compiler has to say; nothing, when all is well. */
    private static String compile(List<Path> sources) throws Exception {
        String compiler = FOLDER.resolve("node_modules/typescript/bin/tsc").toString();
        List<String> command = new ArrayList<>(List.of("node", compiler, "--noEmit", "--strict", "--skipLibCheck"));
        command.addAll(List.of("--module", "nodenext", "--target", "es2022", "--pretty", "false"));
        sources.forEach(source -> command.add(source.toString()));
        return Tools.run("", command.toArray(String[]::new));
    }
}
