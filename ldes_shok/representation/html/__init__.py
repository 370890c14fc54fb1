"""Pages for people: server-rendered HTML, no script, one style sheet, text in Dutch."""
