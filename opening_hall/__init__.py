"""The opening hall (不见面开标大厅): pure rules of the opening, its views, records and reports."""
