#!/usr/bin/env node
// npm wants a script; the program beside it does the work.
import { spawnSync } from "node:child_process";
import { program } from "../index.mjs";

const { error, signal, status } = spawnSync(program(), process.argv.slice(2), { stdio: "inherit" });
if (error) throw error;
if (signal) process.kill(process.pid, signal);
process.exitCode = status;
