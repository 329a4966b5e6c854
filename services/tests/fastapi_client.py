"""Posts JSON to the FastAPI example, and prints the status and the lines of the answer.

Usage: fastapi_client.py URL BODY [TIMEOUT_MS]
"""

import sys

import httpx

url, body, *timeout = sys.argv[1:]
headers = {"content-type": "application/json"}
if timeout:
    headers["x-timeout-ms"] = timeout[0]
with httpx.stream("POST", url, content=body, headers=headers, timeout=60) as response:
    print(response.status_code, response.headers["content-type"])
    for line in response.iter_lines():
        print(line)
