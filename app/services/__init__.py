"""The rules, one file per resource: verbs as functions, the session first, then the actor."""
