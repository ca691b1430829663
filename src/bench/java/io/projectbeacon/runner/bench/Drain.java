package io.projectbeacon.runner.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How fast the service and its alternatives execute a full queue when the provider answers at once, and what that takes
 * of the processors. All take turns: today's service, older builds of it, the statements alone, and the peers.
 */
final class Drain implements Scenario {

    private static final String PEERS = "peers";

    /**
     * What executes jobs of one size.
     *
     * @param services today's first, then the baselines
     */
    private record Ours(String group, List<ServiceUnderTest> services, Floor yardstick, NewFloor floor) {

        Ours(int cells) {
            this(
                    cells == 1 ? "one-cell jobs" : cells + "-cell jobs",
                    Build.all().stream()
                            .map(build -> new ServiceUnderTest(build, cells, 1))
                            .toList(),
                    new Floor(cells),
                    new NewFloor(cells));
        }

        List<Contender> all() {
            List<Contender> all = new ArrayList<>(services);
            all.add(yardstick);
            all.add(floor);
            return all;
        }
    }

    @Override
    public String name() {
        return "drain";
    }

    @Override
    public void run(Report report) throws Exception {
        List<Contender> open = new ArrayList<>();
        try {
            Ours many = new Ours(48);
            open.addAll(many.all());
            Ours one = new Ours(1);
            open.addAll(one.all());
            DbScheduler dbScheduler = new DbScheduler();
            JobRunrPeer jobRunr = new JobRunrPeer();
            List<NodePeer> others = NodePeer.all();
            List<Contender> peers = new ArrayList<>(List.of(dbScheduler, jobRunr, new SkipLocked()));
            peers.addAll(others);
            open.addAll(peers);

            Map<Contender, Measured> turns = Turns.drain(open);
            many.all().forEach(contender -> report.add(turns.get(contender).in(many.group())));
            one.all().forEach(contender -> report.add(turns.get(contender).in(one.group())));
            peers.forEach(contender -> report.add(turns.get(contender).in(PEERS)));

            Against manyCells = new Against(report, "48 cells", turns, many);
            manyCells.time(0.70);
            manyCells.rate(dbScheduler, 5);
            manyCells.rate(many.yardstick(), 0.8);
            manyCells.rate(jobRunr, 12);
            others.forEach(peer -> manyCells.rate(peer, 1));
            Against oneCell = new Against(report, "one cell", turns, one);
            oneCell.time(0.85);
            oneCell.rate(dbScheduler, 1.15);
        } finally {
            open.forEach(Contender::close);
        }
    }

    /** Today's service beside the others, round by round. */
    private record Against(Report report, String what, Map<Contender, Measured> turns, Ours ours) {

        /** Beside the first baseline; and that beside older ones, which is said only. */
        void time(double wanted) {
            List<Measured> services = ours.services().stream()
                    .map(service -> turns.get(service).in(ours.group()))
                    .toList();
            if (services.size() > 1) {
                String name = what + ": processor time / baseline";
                report.add(Target.atMost(name, services.get(0).timeBeside(services.get(1)), wanted));
                report.add(services.get(0).rateBeside(services.get(1)));
            }
            for (Measured older : services.subList(Math.min(2, services.size()), services.size())) {
                report.add(services.get(1).timeBeside(older));
                report.add(services.get(1).rateBeside(older));
            }
        }

        void rate(Contender other, double wanted) {
            Figure rate = turns.get(ours.services().getFirst()).rateBeside(turns.get(other));
            report.add(Target.atLeast(what + ": rate / " + other.name(), rate, wanted));
        }
    }
}
