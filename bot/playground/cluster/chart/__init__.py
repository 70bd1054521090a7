"""The objects the Cilium chart creates (names, labels, containers, ports of charts 1.14 to 1.20).

Source: the chart packages of cilium/charts; the images are those of the release.
"""
