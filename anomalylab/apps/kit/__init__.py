"""What dashboards share: state in cells, controls, pictures."""
