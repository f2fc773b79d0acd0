#include "ui/rpc/vault_convert.h"

#include <QByteArray>
#include <QCoreApplication>

namespace gantry::rpc {

namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }

QDateTime millis(qint64 value)
{
    return value > 0 ? QDateTime::fromMSecsSinceEpoch(value) : QDateTime();
}

QDateTime time(const google::protobuf::Timestamp& value)
{
    return millis(value.seconds() * 1000 + value.nanos() / 1'000'000);
}

// The two messages have the same members, but for the name of the versions.
template <class Message> SecretInfo secretOf(const Message& from)
{
    SecretInfo to;
    to.arn = text(from.arn());
    to.name = text(from.name());
    to.description = text(from.description());
    to.keyId = text(from.kms_key_id());
    to.created = time(from.created_date());
    to.changed = time(from.last_changed_date());
    if (from.has_last_accessed_date())
        to.accessed = time(from.last_accessed_date());
    if (from.has_deleted_date())
        to.deleted = time(from.deleted_date());
    to.rotates = from.rotation_enabled();
    to.rotationFunction = text(from.rotation_lambda_arn());
    if (from.rotation_rules().automatically_after_days() > 0) {
        to.rotationRule = QCoreApplication::translate("vault", "every %1 days")
                              .arg(from.rotation_rules().automatically_after_days());
    } else {
        to.rotationRule = text(from.rotation_rules().schedule_expression());
    }
    if (from.has_last_rotated_date())
        to.rotated = time(from.last_rotated_date());
    if (from.has_next_rotation_date())
        to.nextRotation = time(from.next_rotation_date());
    for (const auto& tag : from.tags())
        to.tags.insert(text(tag.key()), text(tag.value()));
    return to;
}

template <class Map> void addStages(const Map& from, SecretInfo& to)
{
    for (const auto& [id, stages] : from) {
        QStringList list;
        for (const std::string& stage : stages.members())
            list << text(stage);
        list.sort();
        to.stages.insert(text(id), list);
    }
}

} // namespace

SecretInfo toSecret(const aws::secretsmanager::SecretListEntry& from)
{
    SecretInfo to = secretOf(from);
    addStages(from.secret_versions_to_stages(), to);
    return to;
}

SecretInfo toSecret(const aws::secretsmanager::DescribeSecretResponse& from)
{
    SecretInfo to = secretOf(from);
    addStages(from.version_ids_to_stages(), to);
    return to;
}

SecretValue toValue(const aws::secretsmanager::GetSecretValueResponse& from)
{
    SecretValue to;
    to.binary = from.has_secret_binary();
    to.text = to.binary ? QString::fromLatin1(
                              QByteArray::fromStdString(from.secret_binary()).toBase64())
                        : text(from.secret_string());
    to.versionId = text(from.version_id());
    return to;
}

ParameterInfo toParameter(const aws::ssm::ParameterMetadata& from)
{
    return {text(from.name()),   text(from.type()), text(from.description()), text(from.tier()),
            text(from.key_id()), from.version(),    time(from.last_modified_date())};
}

KeyInfo toKey(const aws::kms::KeyMetadata& from)
{
    KeyInfo to;
    to.id = text(from.key_id());
    to.arn = text(from.arn());
    to.description = text(from.description());
    to.state = text(from.key_state());
    to.managed = from.key_manager() == "AWS";
    to.created = time(from.creation_date());
    if (from.has_deletion_date())
        to.deletion = time(from.deletion_date());
    return to;
}

QList<RotationInfo> toRotations(const v1::ListRotationsResponse& from)
{
    QList<RotationInfo> to;
    for (const auto& rotation : from.rotations()) {
        to.append({text(rotation.version_id()), millis(rotation.started_at_ms()),
                   millis(rotation.ended_at_ms()), text(rotation.step()), text(rotation.error()),
                   rotation.scheduled()});
    }
    return to;
}

QList<SecretUse> toUses(const v1::ListUsesResponse& from)
{
    QList<SecretUse> to;
    for (const auto& use : from.uses())
        to.append({text(use.function_name()), text(use.variable())});
    return to;
}

PastedSecrets toPasted(const v1::ListPastedSecretsResponse& from)
{
    PastedSecrets to;
    to.truncated = from.truncated();
    for (const auto& found : from.found())
        to.found.append({text(found.function_name()), text(found.variable()), text(found.file()),
                         found.line(), text(found.kind()), text(found.masked()), text(found.name())});
    return to;
}

MovedSecret toMoved(const v1::MovedSecret& from)
{
    MovedSecret moved;
    moved.from.functionName = text(from.function_name());
    moved.from.variable = text(from.from_variable());
    moved.from.file = text(from.file());
    moved.from.line = from.line();
    moved.arn = text(from.secret_arn());
    moved.name = text(from.name());
    moved.variable = text(from.variable());
    moved.role = text(from.role());
    moved.policy = text(from.policy());
    moved.code = text(from.code());
    return moved;
}

VaultInfo toVault(const v1::VaultInfo& from)
{
    return {text(from.master_key_id()), from.in_keyring(), text(from.file()),
            millis(from.master_key_created_at_ms())};
}

} // namespace gantry::rpc
