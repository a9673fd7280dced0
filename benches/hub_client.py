"""The hub's own client against a hub: uploads a folder to one repository, and downloads another.

`python hub_client.py ENDPOINT TOKEN FOLDER UPLOAD_TO DOWNLOAD_FROM DOWNLOAD_INTO`; needs huggingface_hub. Shows that the loopback hub of
the tests speaks what the real client speaks.
"""

import os
import sys

endpoint, token, folder, upload_to, download_from, into = sys.argv[1:]
os.environ["HF_HUB_DISABLE_XET"] = "1"  # the loopback hub has Git LFS only

from huggingface_hub import HfApi  # noqa: E402

api = HfApi(endpoint=endpoint, token=token)
api.create_repo(upload_to, repo_type="dataset", exist_ok=True)
api.upload_folder(repo_id=upload_to, folder_path=folder, repo_type="dataset", commit_message="by the hub's own client")
names = [entry.path for entry in api.list_repo_tree(download_from, repo_type="dataset", recursive=True)
         if entry.__class__.__name__ == "RepoFile"]
for name in names:
    api.hf_hub_download(download_from, name, repo_type="dataset", local_dir=into)
print(len(names))
