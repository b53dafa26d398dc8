"""What people see of attendance in a browser: templates, styles, sentences, sign-in."""
