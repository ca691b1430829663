/**
 * The pages: what a person sees of jobs, cells and duplicates, rendered here.
 *
 * <p>What always holds here: a page decides nothing that the API does not decide, shows a caller what is its own, and has no
 * script, style or handler in it; each URL is a view that can be sent on.
 */
@NullMarked
package io.projectbeacon.runner.ui;

import org.jspecify.annotations.NullMarked;
