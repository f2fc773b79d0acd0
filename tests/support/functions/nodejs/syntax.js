'use strict';

exports.handler = async () => { return ( ; };
