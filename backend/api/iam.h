#pragma once

namespace gantry::iam {
class AccessControl;
class Directory;
}

namespace gantry::api {

class OperationTable;

// IAM: users, groups, roles, policies, access keys and the simulators. The directory must outlive
// the table.
void registerIam(OperationTable& table, iam::Directory& directory);

// STS: who a caller is, and temporary credentials.
void registerSts(OperationTable& table, iam::Directory& directory);

} // namespace gantry::api
