/**
 * The ground on which Redis is used: scripts for many keys in one write, and what Redis says when it refuses one.
 *
 * <p>What always holds here: nothing knows of jobs or regions.
 */
@NullMarked
package io.projectbeacon.runner.redis;

import org.jspecify.annotations.NullMarked;
