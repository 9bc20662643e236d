"""Everything that judges: verifiers, annotators, rules and selection."""
