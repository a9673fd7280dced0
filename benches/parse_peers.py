"""Our parsers beside pubmed_parser, lxml and Biopython on the same inflated bytes, one core each, in one go.

Run from the project folder: python3 benches/parse_peers.py [SHARED]
It makes its own virtual environment under target/ and builds the benchmark in release mode.
Ratios are printed beside their targets; ratios count, seconds depend on the machine.
"""

import gzip
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ALUDEL_SHARED", ROOT / ".." / "shared")).resolve()


def inflated(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            try:
                yield path, gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
            except (OSError, EOFError):
                continue


def timed(work, items, sizes, rounds=1):
    """Best bytes a second over the items that the peer could read, and how many those were."""
    best, read = 0.0, 0
    for _ in range(rounds):
        done, seconds, read = 0, 0.0, 0
        for item, size in zip(items, sizes):
            start = time.perf_counter()
            try:
                work(item)
            except Exception as error:  # a peer that fails on a file is counted, not stopped
                print(f"  peer failed: {type(error).__name__}: {str(error)[:80]}", file=sys.stderr)
                continue
            seconds += time.perf_counter() - start
            done += size
            read += 1
        best = max(best, done / max(seconds, 1e-9))
    return best, read


def main():
    environment.enter("peers-parse", ["pubmed_parser", "lxml", "biopython"])
    import pubmed_parser
    import pubmed_parser.medline_parser as medline_parser
    from Bio import Entrez
    from lxml import etree

    ours = subprocess.run(
        ["cargo", "bench", "--bench", "parse"],
        cwd=ROOT, check=True, capture_output=True, text=True, env={**os.environ, "ALUDEL_SHARED": str(SHARED)},
    ).stdout
    print(ours.strip())
    speeds = {m[1]: int(m[2]) / float(m[3]) for m in re.finditer(r"(\w+): \d+ records, (\d+) bytes, ([\d.]+) s", ours)}

    jats = [data for _, data in inflated(SHARED / "data" / "jats")]

    jats_sizes = [len(data) for data in jats]

    def lxml_text(data):
        root = etree.fromstring(data, etree.XMLParser(huge_tree=True, load_dtd=False, no_network=True, recover=True))
        "".join(root.itertext())

    def parser_jats(path):
        pubmed_parser.parse_pubmed_xml(path)
        pubmed_parser.parse_pubmed_paragraph(path, all_paragraph=True)

    # It insists on gzip for sets; inflating is not what is measured.
    medline_parser.gzip = type("Plain", (), {"open": staticmethod(lambda path, *_: open(path, "rb"))})
    # pubmed_parser takes only paths: the same inflated bytes, from a memory-backed folder where there is one.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        paths = []
        for number, data in enumerate(jats):
            paths.append(os.path.join(folder, f"{number}.xml"))
            Path(paths[-1]).write_bytes(data)
        report("JATS", speeds["jats"], [
            ("lxml with text", *timed(lxml_text, jats, jats_sizes, 3), 5),
            ("pubmed_parser", *timed(parser_jats, paths, jats_sizes), 15),
        ], len(jats))

        sets = [data for _, data in inflated(SHARED / "data" / "pubmed")]
        sets = [data for data in sets if re.search(rb"<(PubmedArticleSet|MedlineCitationSet|pmc-articleset)[ >]", data[:4000])]
        set_sizes = [len(data) for data in sets]
        paths = []
        for number, data in enumerate(sets):
            paths.append(os.path.join(folder, f"p{number}.xml"))
            Path(paths[-1]).write_bytes(data)
        report("PubMed", speeds["pubmed"], [
            ("pubmed_parser", *timed(lambda path: list(pubmed_parser.parse_medline_xml(path)), paths, set_sizes), 20),
            ("Biopython Entrez.read", *timed(lambda data: Entrez.read(io.BytesIO(data)), sets, set_sizes), 100),
        ], len(sets))


def report(name, ours, peers, files):
    for peer, theirs, done, target in peers:
        ratio = ours / theirs if theirs else float("nan")
        print(f"{name}: {peer}: {theirs / 1e6:.1f} MB/s ({done} of {files} files), we are {ratio:.1f} times as fast (target {target})")


main()
