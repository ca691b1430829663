/**
 * The dashboard as people use it, in a real Chromium: what is there is found by role and visible name, as a screen reader
 * and a person find it, so that a page may be built otherwise without a change here.
 */
package io.projectbeacon.runner.browser;
