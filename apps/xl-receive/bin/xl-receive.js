#!/usr/bin/env node
'use strict';
require('@mig/xl/start').start('xlReceive');
