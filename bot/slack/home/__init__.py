"""The app's home tab: what each person may see of runs and clusters, published for them alone."""
