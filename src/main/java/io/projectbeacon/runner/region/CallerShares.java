package io.projectbeacon.runner.region;

import io.projectbeacon.runner.domain.CallerLimits;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/** What each caller has, and has had, of this replica: the one that has had least goes first. */
@Component
public final class CallerShares {

    private final CallerLimits limits;
    private final Ticker ticker;
    private final Map<String, CallerShare> shares = new ConcurrentHashMap<>();
    private final List<FairStart> told = new CopyOnWriteArrayList<>();

    @Autowired
    CallerShares(CallerLimits limits) {
        this(limits, Ticker.SYSTEM);
    }

    CallerShares(CallerLimits limits, Ticker ticker) {
        this.limits = limits;
        this.ticker = ticker;
    }

    public CallerShare of(String caller) {
        return shares.computeIfAbsent(
                caller,
                name -> new CallerShare(limits.maxInFlight(name), () -> told.forEach(FairStart::reconsider), ticker));
    }

    /** What each caller has had of late, by name; a caller that is not here has had nothing. */
    public Map<String, Double> had() {
        Map<String, Double> had = new HashMap<>();
        shares.forEach((caller, share) -> had.put(caller, share.had()));
        return had;
    }

    /** Tells this order when a caller that was at its limit may begin a cell again. */
    void tell(FairStart order) {
        told.add(order);
    }
}
