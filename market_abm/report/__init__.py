"""What is shown: pictures (`report.plots`) and the self-contained page (`report.page.write_report`).

Nothing heavy is imported here; the modules load matplotlib when they are asked for.
"""
