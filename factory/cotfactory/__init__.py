"""Everything that makes and moves: the command line, engines, the scheduler, runs, publishing."""
