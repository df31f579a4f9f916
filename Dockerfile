# One image, several commands: `python cli.py api`, `python worker.py`, `python cli.py migrate`.
FROM python:3.11.14-slim-trixie

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONPATH=/app
WORKDIR /app

# The packages first: they change more seldom than the code. docker/requirements.lock leaves out what only tests need.
COPY docker/requirements.lock docker/
RUN pip install --require-hashes -r docker/requirements.lock

COPY . .
RUN groupadd --system --gid 10001 steps && useradd --system --uid 10001 --gid 10001 steps && chmod -R a+rX /app
USER 10001:10001
EXPOSE 8000
CMD ["python", "cli.py", "--help"]
