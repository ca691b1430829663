package io.projectbeacon.runner.bench;

import java.util.List;

/** How fast the service and its alternatives execute a full queue when the provider answers at once. */
final class Drain implements Scenario {

    @Override
    public String name() {
        return "drain";
    }

    @Override
    public void run(Report report) throws Exception {
        List<Figure> many = drain(report, 48);
        double service = many.get(0).median();
        report.add(new Target(
                "drain, 48 cells: Beacon Runner / statements alone",
                service / many.get(1).median(),
                true,
                0.6));
        report.add(new Target(
                "drain, 48 cells: Beacon Runner / db-scheduler",
                service / many.get(2).median(),
                true,
                5));
        report.add(new Target(
                "drain, 48 cells: Beacon Runner / JobRunr",
                service / many.get(3).median(),
                true,
                20));
        List<Figure> one = drain(report, 1);
        report.add(new Target(
                "drain, one cell: Beacon Runner / db-scheduler",
                one.get(0).median() / one.get(2).median(),
                true,
                2));
    }

    private static List<Figure> drain(Report report, int cells) throws Exception {
        try (ServiceUnderTest runner = new ServiceUnderTest(cells, 1);
                Floor floor = new Floor(cells);
                DbScheduler dbScheduler = new DbScheduler();
                JobRunrPeer jobRunr = new JobRunrPeer();
                SkipLocked skipLocked = new SkipLocked()) {
            String group = cells == 1 ? "drain, one-cell jobs" : "drain, " + cells + "-cell jobs";
            List<Figure> figures = Turns.drain(group, List.of(runner, floor, dbScheduler, jobRunr, skipLocked));
            figures.forEach(report::add);
            return figures;
        }
    }
}
