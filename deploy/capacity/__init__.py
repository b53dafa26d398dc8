"""What a webinar of any size needs: a model on paper, from measured figures. Nothing runs here."""
