"""The genuine DeepSpeech 0.9.3 library, taken out of the wheel that was published for Python 3.9."""
