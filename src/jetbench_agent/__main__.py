"""The agent's processes, and which of them a command line starts. Each imports only what it needs.

python agent.pyz [--root DIR] [...]        the agent; all options: --help
python agent.pyz bench [--no-torchvision]  the bench parent the agent starts
python agent.pyz check SECONDS WHAT...     what a check of doctor runs
python agent.pyz remote FOLDER             what ssh starts: a controller elsewhere attaches to an agent here
"""

import sys


def main(arguments):
    if arguments[:1] == ["bench"]:
        from jetbench_agent.bench import parent

        asked = [word for word in arguments[1:] if word.isdigit()]
        return parent.main("--no-torchvision" not in arguments, int(asked[0]) if asked else None)
    if arguments[:1] == ["check"]:
        from jetbench_agent.bench import checks

        return checks.main(float(arguments[1]), arguments[2:])
    if arguments[:1] == ["remote"]:
        from jetbench_agent.remote import attach

        return attach.main(arguments[1:])
    ahead = None
    if "--ahead" in arguments:  # before anything else: all that follows is done while torch is imported
        from jetbench_agent import bench_process

        ahead = bench_process.start()
    from jetbench_agent import agent

    return agent.main(arguments, ahead)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
