#pragma once

namespace gantry::keys {

// Keeps what is secret in this process in it: no core dump, no reading by other processes of the
// same user, and a locked part of memory for keys. To be called first of all.
void protectProcessMemory();

} // namespace gantry::keys
