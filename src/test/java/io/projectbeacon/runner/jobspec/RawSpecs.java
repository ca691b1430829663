package io.projectbeacon.runner.jobspec;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Provide;
import net.jqwik.api.domains.DomainContextBase;

/** Makes documents with few ids and regions and many spellings of them, so that they collide. */
class RawSpecs extends DomainContextBase {

    @Provide
    Arbitrary<RawSpec> specs() {
        Arbitrary<String> region = Arbitraries.of(RawSpec.regionSpellings());
        Arbitrary<List<String>> own = region.list().ofMinSize(1).ofMaxSize(4).injectNull(0.6);
        Arbitrary<RawSpec.Entry> entry = Combinators.combine(
                        Arbitraries.of(RawSpec.idSpellings()), own, Arbitraries.of(true, false))
                .as(RawSpec.Entry::new);
        return Combinators.combine(
                        entry.list().ofMinSize(1).ofMaxSize(7),
                        region.list().ofMinSize(1).ofMaxSize(5).injectNull(0.3))
                .as(RawSpec::new);
    }
}
