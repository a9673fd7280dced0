#!/usr/bin/env python3
"""The same calls to one model server on loopback: `cargo bench --bench calls` beside distilabel, in one run on one machine.

The server has 64 slots and takes 0.2 s for an answer, in a process of its own. Both sides send 2,000 different prompts; ours writes
every answer to its store, distilabel to its data set. Wall time and processor time of the whole client, imports left out.

usage: python3 benches/calls_peers.py [calls]
Makes a virtual environment under target/ with distilabel[openai] from PyPI. `ALUDEL_BENCH_CARGO`: more arguments for `cargo bench`.
"""
import asyncio
import json
import multiprocessing
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
SLOTS, LATENCY = 64, 0.2
# Ours keeps half more under way than the server has slots, its default. distilabel sends a batch at once and waits for its end: great ones suit it.
AT_A_TIME, BATCH = 96, 512


def serve(pipe):
    answer = json.dumps({
        "id": "c", "object": "chat.completion", "created": 1, "model": "invented-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21},
    }).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(answer)

    async def main():
        slots = asyncio.Semaphore(SLOTS)

        async def talk(reader, writer):
            try:
                while True:
                    request = await reader.readuntil(b"\r\n\r\n")
                    length = [line for line in request.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                    if length:
                        await reader.readexactly(int(length[0].split(b":")[1]))
                    async with slots:
                        await asyncio.sleep(LATENCY)
                    writer.write(head + answer)
                    await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def theirs(base_url, calls):
    from distilabel.models import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import TextGeneration

    with tempfile.TemporaryDirectory() as folder:
        with Pipeline(name="calls", cache_dir=folder) as pipeline:
            load = LoadDataFromDicts(data=[{"instruction": f"Question {n}?"} for n in range(calls)], batch_size=BATCH)
            llm = OpenAILLM(model="invented-1", base_url=base_url, api_key="none", generation_kwargs={"max_new_tokens": 100})
            load >> TextGeneration(llm=llm, system_prompt="Be brief.", input_batch_size=BATCH)
        before = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        made = pipeline.run(use_cache=False)
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after))
    answered = sum(row["generation"] == "yes" for row in made["default"]["train"])
    return {"seconds": seconds, "cpu_seconds": cpu, "answered": answered}


def main():
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    ours_end, server_end = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(server_end,), daemon=True)
    server.start()
    base_url = f"http://127.0.0.1:{ours_end.recv()}/v1"
    environment = {**os.environ, "ALUDEL_BENCH_SERVER": base_url, "ALUDEL_BENCH_CALLS": str(calls), "ALUDEL_BENCH_SLOTS": str(AT_A_TIME)}
    command = ["cargo", "bench", *shlex.split(os.environ.get("ALUDEL_BENCH_CARGO", "")), "--bench", "calls"]
    output = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    ours = json.loads(output.splitlines()[-1])
    peer = theirs(base_url, calls)
    server.terminate()
    print("ours:      ", json.dumps(ours))
    print("distilabel:", json.dumps(peer))
    best = calls * LATENCY / SLOTS
    print(f"best possible {best:.2f} s: ours keeps the slots {best / ours['seconds']:.1%} busy; distilabel takes {peer['seconds'] / ours['seconds']:.2f}x the time, "
          f"{peer['cpu_seconds'] / max(ours['cpu_seconds'], 0.01):.1f}x the processor time")


if __name__ == "__main__":
    environment.enter("peers-calls", ["distilabel[openai]", "requests"])
    main()
