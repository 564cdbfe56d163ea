#!/usr/bin/env bash
# The sample job without a window: answers before, training with progress, answers after, a merged model.
# Usage: packaging/sample_job.sh PROGRAM OUT_FOLDER. A second call goes on where the first one ended.
set -euo pipefail
program=$1
out=$2
sample=${LOWRANK_SAMPLE:-$(cd "$(dirname "$0")/.." && pwd)/resources/sample}
steps=${LOWRANK_SAMPLE_STEPS:-0} # 0: three passes over the data
mkdir -p "$out"

# Share of held-out rows answered exactly: exact_match [--adapter FOLDER]
exact_match() {
    "$program" eval --base "$sample/model" "$@" --data "$sample/data/facts_heldout.jsonl" --exact-match --limit 50 --json |
        sed -n 's/.*"share": *\([0-9.]*\).*/\1/p'
}

if [ ! -f "$out/before" ]; then
    echo "Answering the held-out rows with the base ..."
    exact_match >"$out/before.part"
    mv "$out/before.part" "$out/before"
fi
if [ ! -d "$out/run" ]; then
    # The evaluations, the rate and the passes are those of "Start with the sample": RunSpec::applySample in app/runs.
    "$program" train --base "$sample/model" --data "$sample/data/facts.jsonl" --out "$out/run" \
        --eval-data "$sample/data/facts_heldout.jsonl" --eval-every 20 \
        --epochs 3 --learning-rate 2e-3 --max-steps "$steps" --seed 1
elif [ ! -f "$out/run/adapter/adapter_config.json" ]; then
    "$program" resume "$out/run"
fi
if [ ! -f "$out/after" ]; then
    echo "Answering the held-out rows with the adapter ..."
    exact_match --adapter "$out/run/adapter" >"$out/after.part"
    mv "$out/after.part" "$out/after"
fi
if [ ! -d "$out/merged" ]; then
    "$program" merge --base "$sample/model" --adapter "$out/run/adapter" --out "$out/merged" --dtype bf16
fi
echo "Held-out rows answered exactly: $(cat "$out/before") before, $(cat "$out/after") after training."
echo "The run is in $out/run, the exported model in $out/merged."
