/**
 * The way of a cell: claims it before it is paid for, or stops the duplicate; calls inference; records the end; tries
 * again where that helps.
 *
 * <p>What always holds here: no call is sent without a claimed row; a check that cannot be made lets nothing through;
 * a completed row is never overwritten.
 */
@NullMarked
package io.projectbeacon.runner.execution;

import org.jspecify.annotations.NullMarked;
