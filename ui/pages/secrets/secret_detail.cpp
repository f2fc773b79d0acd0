#include "ui/pages/secrets/secret_detail.h"

#include "ui/models/functions_model.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/rpc/vault_api.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/secret_field.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QTimer>

#include <algorithm>
#include <utility>

namespace gantry::ui {

using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kTableHeight = 132;
constexpr int kWatchMs = 700;
constexpr int kDefaultDays = 30;
constexpr int kRecoveryDays = 30;

QString timeText(const QDateTime& time)
{
    return time.isValid() ? QLocale().toString(time.toLocalTime(), QLocale::ShortFormat)
                          : SecretDetail::tr("never");
}

QString nameOf(const models::FunctionsModel& functions, int row)
{
    return functions.index(row, models::FunctionsModel::Name).data().toString();
}

QString outcomeOf(const rpc::RotationInfo& rotation)
{
    if (!rotation.ended.isValid())
        return SecretDetail::tr("runs %1").arg(rotation.step);
    return rotation.error.isEmpty() ? SecretDetail::tr("succeeded")
                                    : SecretDetail::tr("failed at %1").arg(rotation.step);
}

} // namespace

SecretDetail::SecretDetail(const Services& services, rpc::VaultApi& api, widgets::MessageBar& bar, QWidget* parent)
    : QScrollArea(parent), m_services(services), m_api(api), m_bar(bar), m_watch(new QTimer(this))
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    m_value = new widgets::SecretField(QStringLiteral("secret"), tr("secret"));
    connect(m_value, &widgets::SecretField::revealRequested, this, [this] {
        withValue([this](const rpc::SecretValue& value) { m_value->showValue(value.text); });
    });
    connect(m_value, &widgets::SecretField::copyRequested, this, [this] {
        withValue([this](const rpc::SecretValue& value) { m_value->copyValue(value.text); });
    });
    m_facts = new widgets::FactGrid;
    m_versions = new TextTable(QStringLiteral("secretVersions"), tr("Versions of the secret"),
                               {tr("Stages"), tr("Version")}, {200, 280});
    m_versions->setFixedHeight(kTableHeight);
    m_uses = new TextTable(QStringLiteral("secretUses"), tr("Uses of the secret"),
                           {tr("Function"), tr("Environment variable")}, {200, 280});
    m_uses->setFixedHeight(kTableHeight);
    m_uses->setPlaceholder(tr("No function names it in an environment variable."));
    connect(m_uses, &QAbstractItemView::activated, this, [this] {
        Q_EMIT openRequested(QStringLiteral("functions/%1/configuration")
                                 .arg(m_uses->currentId().section(QLatin1Char('\n'), 0, 0)));
    });

    auto* content = new QWidget;
    content->setProperty("page", true);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(Theme::kMargin, 0, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(makeHeader());
    column->addWidget(m_value);
    column->addWidget(m_facts);
    column->addSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Versions")));
    column->addWidget(m_versions);
    column->addSpacing(Theme::kSpace);
    column->addWidget(makeRotation());
    column->addSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Used by")));
    column->addWidget(m_uses);
    column->addStretch(1);
    setWidget(content);
    m_watch->setInterval(kWatchMs);
    connect(m_watch, &QTimer::timeout, this, &SecretDetail::watchRotation);
}

QWidget* SecretDetail::makeHeader()
{
    m_name = widgets::makeHeading({});
    m_name->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state = new Badge;
    m_about = widgets::makeCaption({});
    m_edit = widgets::makeButton(QStringLiteral("secretEdit"), tr("New value"), ButtonKind::Normal,
                                 QStringLiteral("edit"));
    m_edit->setToolTip(tr("Give the secret another value; the one it has stays as AWSPREVIOUS"));
    m_remove = widgets::makeButton(QStringLiteral("secretRemove"), tr("Delete secret"),
                                   ButtonKind::Flat, QStringLiteral("trash"));
    m_restore = widgets::makeButton(QStringLiteral("secretRestore"), tr("Restore secret"),
                                    ButtonKind::Primary, QStringLiteral("refresh"));
    connect(m_edit, &QPushButton::clicked, this, [this] {
        withValue([this](const rpc::SecretValue& value) { Q_EMIT editRequested(value.text); });
    });
    connect(m_remove, &QPushButton::clicked, this, &SecretDetail::remove);
    connect(m_restore, &QPushButton::clicked, this, [this] {
        m_api.restoreSecret(m_secret.arn, this, [this](const auto& result) {
            if (!result)
                return m_bar.showMessage(result.error().message, Badge::Tone::Error);
            m_bar.showMessage(tr("%1 is back.").arg(m_secret.name), Badge::Tone::Success);
            Q_EMIT changed();
        });
    });
    auto* header = new QWidget;
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_name);
    row->addWidget(m_state);
    row->addStretch(1);
    row->addWidget(m_remove);
    row->addWidget(m_edit);
    row->addWidget(m_restore);
    auto* column = new QVBoxLayout(header);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addLayout(row);
    column->addWidget(m_about);
    return header;
}

QWidget* SecretDetail::makeRotation()
{
    m_rotation = widgets::makeCaption({});
    m_rotation->setObjectName(QStringLiteral("rotationState"));
    m_function = new QComboBox;
    widgets::identify(m_function, QStringLiteral("rotationFunction"), tr("Rotation function"),
                      tr("The function that makes and tests new values"));
    m_function->setMinimumWidth(180);
    m_days = new QSpinBox;
    widgets::identify(m_days, QStringLiteral("rotationDays"), tr("Days between rotations"));
    m_days->setRange(1, 1000);
    m_days->setValue(kDefaultDays);
    m_days->setSuffix(tr(" days"));
    m_rotate = widgets::makeButton(QStringLiteral("rotateNow"), tr("Rotate now"),
                                   ButtonKind::Normal, QStringLiteral("refresh"));
    m_rotate->setToolTip(tr("Let the function make a new value now, and again every so many days"));
    m_stopRotation = widgets::makeButton(QStringLiteral("stopRotation"), tr("Stop rotating"),
                                         ButtonKind::Flat);
    connect(m_rotate, &QPushButton::clicked, this, &SecretDetail::rotate);
    connect(m_stopRotation, &QPushButton::clicked, this, [this] {
        m_api.cancelRotation(m_secret.arn, this, [this](const auto& result) {
            if (!result)
                return m_bar.showMessage(result.error().message, Badge::Tone::Error);
            Q_EMIT changed();
        });
    });
    m_history = new TextTable(QStringLiteral("rotationHistory"), tr("Rotations"),
                              {tr("Started"), tr("How it went"), tr("Why")}, {185, 160, 240});
    m_history->setFixedHeight(kTableHeight);
    m_history->setPlaceholder(tr("It has not been rotated."));
    auto* box = new QWidget;
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_function, 1);
    row->addWidget(m_days);
    row->addWidget(m_stopRotation);
    row->addWidget(m_rotate);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Rotation")));
    column->addWidget(m_rotation);
    column->addLayout(row);
    column->addWidget(m_history);
    return box;
}

void SecretDetail::setSecret(const rpc::SecretInfo& secret)
{
    const bool other = secret.arn != m_secret.arn;
    m_secret = secret;
    if (other) {
        m_value->hideValue();
        m_history->setRows({});
        m_uses->setRows({});
        m_watch->stop();
        m_rotating = false;
    }
    showFacts();
    showVersions();
    if (other && !secret.rotationFunction.isEmpty())
        m_function->setCurrentText(secret.rotationFunction.section(QLatin1Char(':'), -1));
    load();
}

void SecretDetail::leave()
{
    m_value->hideValue();
    m_watch->stop();
}

void SecretDetail::showFacts()
{
    const bool deleted = m_secret.deleted.isValid();
    m_name->setText(m_secret.name);
    m_about->setText(m_secret.description);
    m_about->setVisible(!m_secret.description.isEmpty());
    m_state->setVisible(deleted || m_secret.rotates);
    m_state->set(deleted ? tr("Deleted") : tr("Rotates"),
                 deleted ? Badge::Tone::Warning : Badge::Tone::Success);
    m_edit->setVisible(!deleted);
    m_remove->setVisible(!deleted);
    m_restore->setVisible(deleted);
    m_value->setVisible(!deleted);
    m_facts->set(tr("ARN"), m_secret.arn);
    m_facts->set(tr("Encryption key"),
                 m_secret.keyId.isEmpty() ? tr("aws/secretsmanager (default)") : m_secret.keyId);
    m_facts->set(tr("Changed"), timeText(m_secret.changed));
    m_facts->set(tr("Read last"), m_secret.accessed.isValid()
                                      ? QLocale().toString(m_secret.accessed.toUTC().date(),
                                                           QLocale::ShortFormat)
                                      : tr("never"));
    m_facts->set(tr("Deleted"), deleted ? timeText(m_secret.deleted) : tr("no"));
}

void SecretDetail::showVersions()
{
    QList<models::TextTableModel::Row> rows;
    for (auto version = m_secret.stages.begin(); version != m_secret.stages.end(); ++version)
        rows.append({version.key(), {version->join(QStringLiteral(", ")), version.key()}, {}});
    std::sort(rows.begin(), rows.end(),
              [](const auto& a, const auto& b) { return a.cells < b.cells; });
    m_versions->setRows(rows);

    const bool canRotate = !m_secret.deleted.isValid();
    const QString name = m_secret.rotationFunction.section(QLatin1Char(':'), -1);
    if (m_function->count() != m_services.functions->rowCount()) {
        const QString chosen = m_function->currentText();
        m_function->clear();
        for (int row = 0; row < m_services.functions->rowCount(); ++row)
            m_function->addItem(nameOf(*m_services.functions, row));
        m_function->model()->sort(0);
        m_function->setCurrentText(chosen);
    }
    m_rotate->setEnabled(canRotate && m_function->count() > 0);
    m_stopRotation->setVisible(m_secret.rotates && canRotate);
    m_rotation->setText(
        !m_secret.rotates ? tr("It does not rotate by itself. A rotation function of yours makes "
                               "the new value, with the rights of its role.")
        : m_secret.nextRotation.isValid()
            ? tr("%1 rotates it %2, next on %3.")
                  .arg(name, m_secret.rotationRule, timeText(m_secret.nextRotation))
            : tr("%1 rotates it %2.").arg(name, m_secret.rotationRule));
}

void SecretDetail::load()
{
    const QString arn = m_secret.arn;
    m_api.listRotations(
        arn, this, [this, arn](const rpc::Result<QList<rpc::RotationInfo>>& history) {
            if (history && arn == m_secret.arn)
                showRotation(*history);
        });
    m_api.listUses(
        arn, this, [this, arn](const rpc::Result<QList<rpc::SecretUse>>& uses) {
            if (!uses || arn != m_secret.arn)
                return;
            QList<models::TextTableModel::Row> rows;
            for (const rpc::SecretUse& use : *uses)
                rows.append({use.functionName + QLatin1Char('\n') + use.variable,
                             {use.functionName, use.variable}, {}});
            m_uses->setRows(rows);
        });
}

void SecretDetail::showRotation(const QList<rpc::RotationInfo>& history)
{
    QList<models::TextTableModel::Row> rows;
    for (const rpc::RotationInfo& rotation : history) {
        rows.append({QString::number(rotation.started.toMSecsSinceEpoch()),
                     {timeText(rotation.started), outcomeOf(rotation), rotation.error},
                     {}});
    }
    m_history->setRows(rows);
    const bool running = !history.isEmpty() && !history.first().ended.isValid();
    if (running)
        m_watch->start();
    else
        m_watch->stop();
    if (std::exchange(m_rotating, running) && !running) {
        const bool ok = history.first().error.isEmpty();
        m_bar.showMessage(ok ? tr("%1 is rotated.").arg(m_secret.name)
                             : tr("Rotating %1 failed at %2: %3 The value that was current still is.")
                                   .arg(m_secret.name, history.first().step,
                                        history.first().error),
                          ok ? Badge::Tone::Success : Badge::Tone::Error);
        m_value->hideValue();
        Q_EMIT changed();
    }
    m_rotate->setEnabled(!running && !m_secret.deleted.isValid() && m_function->count() > 0);
}

void SecretDetail::watchRotation()
{
    load();
}

void SecretDetail::withValue(std::function<void(const rpc::SecretValue&)> use)
{
    const QString arn = m_secret.arn;
    m_api.secretValue(
        arn, m_versions->currentId(), this,
        [this, arn, use = std::move(use)](const rpc::Result<rpc::SecretValue>& value) {
            if (arn != m_secret.arn)
                return;
            if (!value)
                return m_bar.showMessage(value.error().message, Badge::Tone::Error);
            use(*value);
        });
}

void SecretDetail::rotate()
{
    m_rotate->setEnabled(false);
    m_api.rotateSecret(
        m_secret.arn, m_function->currentText(), m_days->value(), this,
        [this](const rpc::Result<rpc::Nothing>& result) {
            if (!result) {
                m_rotate->setEnabled(true);
                return m_bar.showMessage(result.error().message, Badge::Tone::Error);
            }
            m_rotating = true;
            load();
        });
}

void SecretDetail::remove()
{
    const QString arn = m_secret.arn, name = m_secret.name;
    m_bar.showMessage(
        tr("Delete %1? Nothing can read it from then on; it can be restored for %2 days.")
            .arg(name)
            .arg(kRecoveryDays),
        Badge::Tone::Warning, tr("Delete %1").arg(name), [this, arn] {
            m_api.removeSecret(
                arn, kRecoveryDays, this, [this](const rpc::Result<rpc::Nothing>& result) {
                    if (!result)
                        m_bar.showMessage(result.error().message, Badge::Tone::Error);
                    Q_EMIT changed();
                });
        });
}

} // namespace gantry::ui
