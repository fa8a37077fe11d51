"""What the pages of browse and live share: their scripts, their colours, their timeline."""
