package io.projectbeacon.runner.execution;

import io.projectbeacon.runner.domain.CellWork;

/** A cell that has its place, and the handle of its run. */
public record ReadyCell(CellWork work, RunHandle handle) {}
