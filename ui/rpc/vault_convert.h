// Private to ui/rpc.
#pragma once

#include "aws/kms.pb.h"
#include "aws/secretsmanager.pb.h"
#include "aws/ssm.pb.h"
#include "gantry/v1/vault.pb.h"
#include <google/protobuf/empty.pb.h>
#include "ui/rpc/result.h"
#include "ui/rpc/vault_types.h"

namespace gantry::rpc {

SecretInfo toSecret(const aws::secretsmanager::SecretListEntry& from);
SecretInfo toSecret(const aws::secretsmanager::DescribeSecretResponse& from);
SecretValue toValue(const aws::secretsmanager::GetSecretValueResponse& from);
ParameterInfo toParameter(const aws::ssm::ParameterMetadata& from);
KeyInfo toKey(const aws::kms::KeyMetadata& from);
QList<RotationInfo> toRotations(const v1::ListRotationsResponse& from);
QList<SecretUse> toUses(const v1::ListUsesResponse& from);
PastedSecrets toPasted(const v1::ListPastedSecretsResponse& from);
MovedSecret toMoved(const v1::MovedSecret& from);
VaultInfo toVault(const v1::VaultInfo& from);

template <class Response> Nothing toNothing(const Response&)
{
    return {};
}

} // namespace gantry::rpc
