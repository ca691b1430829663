/**
 * The benchmark: the whole service beside what a user would pick instead, on one PostgreSQL, measured alternately.
 *
 * <p>It measures and never judges: a target that is missed is printed as missed, and the build stays green.
 */
@NullMarked
package io.projectbeacon.runner.bench;

import org.jspecify.annotations.NullMarked;
