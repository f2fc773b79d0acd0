#pragma once

#include "backend/api/operation_table.h"
#include "backend/functions/model.h"
#include "backend/secrets/pasted_secrets.h"
#include "gantry/v1/vault.pb.h"

#include <functional>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}
namespace gantry {
class WorkerPool;
}
namespace gantry::functions {
class Registry;
}
namespace gantry::secrets {
class Vault;
}

namespace gantry::api {

// Where to look for secrets that were pasted, and with whose threads: reading code blocks.
struct PastedSearch {
    boost::asio::io_context& io;
    WorkerPool& workers;
    secrets::Vault& vault;
    functions::Registry& registry;
};

// A secret in the code of a function. The file is relative to the package.
struct CodeSecret {
    std::string file;
    secrets::SuspectLine at;
};

// Looks through the environment variables of functions and through their unpacked code: text files of
// up to 1 MB, not below node_modules and the like.
void listPastedSecrets(const PastedSearch& search, const v1::ListPastedSecretsRequest& request,
                       Reply<v1::ListPastedSecretsResponse> reply);

// Those of the code of $LATEST. done is called on the I/O thread.
void searchCode(const PastedSearch& search, const functions::Version& version,
                std::function<void(std::vector<CodeSecret>)> done);

} // namespace gantry::api
