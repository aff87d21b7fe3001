"""Inside the bench parent and its children: the only place that imports torch."""
