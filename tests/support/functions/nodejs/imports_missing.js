require('nothing-of-that-name');
