#!/usr/bin/env node
// A launcher that is there before anything is built: what is installed from a clone links to it.
import '../dist/main.js';
