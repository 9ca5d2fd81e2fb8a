"""What a stakeholder opens: a run as one HTML file, made by a notebook."""
