"""What keeps the cluster alive: controllers, a scheduler, kubelets, the operator.

Each reconciles one object at a time, synchronously and level-triggered; ``loop`` feeds them.
"""
