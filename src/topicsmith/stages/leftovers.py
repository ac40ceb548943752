"""Endpoints that a killed process left running, and so costing: the next run stops them before anything else."""

from topicsmith.errors import TopicsmithError
from topicsmith.progress import Progress
from topicsmith.runs import RunFolder


def stop_leftovers(run: RunFolder, progress: Progress) -> None:
    """Stop every endpoint that a process which is gone had running for ``run``; what cannot be stopped is told."""
    for file in sorted([*run.path.glob("endpoint-*.json"), *run.path.glob("work/*/job-*.json")]):
        from topicsmith.classifiers.hosted.endpoint import stop_leftover
        from topicsmith.classifiers.hosted.kind import make_deployments

        try:
            name = stop_leftover(file, make_deployments)
        except TopicsmithError as error:
            progress.say(f"an endpoint may still be running and billed, see {file}: {error}")
            continue
        if name is not None:
            progress.say(f"the endpoint {name} was left running by a process that is gone; it was told to stop")
