#pragma once

#include "backend/api/pasted_search.h"

namespace gantry::iam {
class Directory;
}

namespace gantry::api {

// Puts what was pasted into the store, in three steps that are taken back when a later one fails: the
// secret, the role's right to read it, the variable that names it.
void moveToSecret(const PastedSearch& place, iam::Directory& directory,
                  const v1::MoveToSecretRequest& request, Reply<v1::MovedSecret> reply);

v1::ListMovedSecretsResponse listMovedSecrets(const PastedSearch& place);

void undoMoveToSecret(const PastedSearch& place, iam::Directory& directory,
                      const v1::UndoMoveToSecretRequest& request,
                      Reply<v1::UndoMoveToSecretResponse> reply);

} // namespace gantry::api
