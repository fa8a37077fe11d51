"""Ask a trained method for the moment that a sentence means, in a video of your own.

    from stages.tools.ask import Grounder, Text

    grounder = Grounder.load("models/base")
    video = grounder.video("holiday.mp4")
    answer = grounder.ground(video, "question.wav")
    print(answer.moments[0])

A method that reads is asked with `Text("The red circle hops.")`, or, if it reads transcripts, with speech.
"""

from stages.tools.ask.answer import Answer, Moment
from stages.tools.ask.grounder import Grounder
from stages.tools.ask.query import Text
from stages.tools.ask.video import Video

__all__ = ["Answer", "Grounder", "Moment", "Text", "Video"]
