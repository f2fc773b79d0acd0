#include "ui/pages/functions/async_card.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QAbstractItemModel>
#include <QCheckBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kFieldWidth = 280;
const QString kSendPolicy = QStringLiteral("gantry-send-events");

void addRow(QGridLayout* grid, const QString& label, QWidget* field, const QString& hint)
{
    const int row = grid->rowCount();
    auto* name = new QLabel(label);
    name->setBuddy(field);
    field->setFixedWidth(kFieldWidth);
    grid->addWidget(name, row, 0);
    grid->addWidget(field, row, 1);
    grid->addWidget(widgets::makeCaption(hint), row, 2);
}

bool isQueue(const QString& arn)
{
    return arn.section(u':', 2, 2) == QLatin1String("sqs");
}

QString roleName(const QString& arn)
{
    return arn.section(u'/', -1);
}

// Lets a role send to the queues, and only there.
QString sendPolicy(const QStringList& queues)
{
    const QJsonObject statement{{QStringLiteral("Effect"), QStringLiteral("Allow")},
                                {QStringLiteral("Action"), QStringLiteral("sqs:SendMessage")},
                                {QStringLiteral("Resource"), QJsonArray::fromStringList(queues)}};
    const QJsonObject policy{{QStringLiteral("Version"), QStringLiteral("2012-10-17")},
                             {QStringLiteral("Statement"), QJsonArray{statement}}};
    return QString::fromUtf8(QJsonDocument(policy).toJson(QJsonDocument::Compact));
}

} // namespace

AsyncCard::AsyncCard(rpc::Channel& channel, const QAbstractItemModel& functions, QWidget* parent)
    : QFrame(parent), m_api(channel), m_queuesApi(channel), m_iam(channel), m_functions(functions),
      m_qualifier(new QComboBox), m_retries(new QSpinBox), m_age(new QSpinBox), m_onSuccess(new TargetPicker),
      m_onFailure(new TargetPicker), m_deadLetter(new TargetPicker),
      m_stops(new QCheckBox(tr("Stop recursive loops"))), m_grant(widgets::makeCaption({})),
      m_status(widgets::makeCaption({})),
      m_save(widgets::makeButton(QStringLiteral("saveAsync"), tr("Save"), ButtonKind::Primary))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("asyncCard"));
    build();
    for (QSpinBox* box : {m_retries, m_age})
        connect(box, &QSpinBox::valueChanged, this, &AsyncCard::updateControls);
    const std::pair<TargetPicker*, QString> targets[] = {
        {m_onSuccess, QStringLiteral("results")},
        {m_onFailure, QStringLiteral("failures")},
        {m_deadLetter, QStringLiteral("dead-letters")}};
    for (const auto& [picker, suffix] : targets) {
        connect(picker, &TargetPicker::targetChanged, this, &AsyncCard::updateControls);
        connect(picker, &TargetPicker::newQueueRequested, this,
                [this, picker = picker, suffix = suffix] { askForQueue(picker, suffix); });
    }
    connect(m_stops, &QCheckBox::toggled, this, &AsyncCard::updateControls);
    connect(m_qualifier, &QComboBox::activated, this, &AsyncCard::loadEvents);
    connect(m_save, &QPushButton::clicked, this, &AsyncCard::save);
    updateControls();
}

void AsyncCard::build()
{
    m_retries->setRange(0, 2);
    m_age->setRange(60, 21'600);
    m_age->setSuffix(tr(" s"));
    m_age->setSingleStep(60);
    widgets::identify(m_qualifier, QStringLiteral("asyncQualifier"),
                      tr("Version or alias whose events are set up"));
    m_qualifier->addItem(QStringLiteral("$LATEST"), QString());
    widgets::identify(m_retries, QStringLiteral("asyncRetries"), tr("Retries after a function error"));
    widgets::identify(m_age, QStringLiteral("asyncAge"), tr("Oldest age of an event"));
    widgets::identify(m_onSuccess, QStringLiteral("asyncOnSuccess"), tr("Destination on success"));
    widgets::identify(m_onFailure, QStringLiteral("asyncOnFailure"), tr("Destination on failure"));
    widgets::identify(m_deadLetter, QStringLiteral("asyncDeadLetter"), tr("Dead-letter queue"));
    widgets::identify(m_stops, QStringLiteral("asyncStops"), tr("Stop recursive loops of the function"));
    m_grant->setObjectName(QStringLiteral("asyncGrant"));
    m_status->setObjectName(QStringLiteral("asyncStatus"));
    m_save->setAccessibleName(tr("Save the asynchronous settings"));

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::kMargin);
    grid->setVerticalSpacing(Theme::kSpace);
    grid->setColumnStretch(2, 1);
    addRow(grid, tr("Events of"), m_qualifier,
           tr("Retries, age and the two destinations; the rest is the whole function's"));
    addRow(grid, tr("Retries"), m_retries, tr("0 to 2 after a function error; after 1 and 2 minutes"));
    addRow(grid, tr("Oldest age"), m_age,
           tr("60 to 21,600 s (6 hours); throttled events are tried until then"));
    addRow(grid, tr("On success"), m_onSuccess, tr("Gets the event and the response"));
    addRow(grid, tr("On failure"), m_onFailure,
           tr("Gets the event and the error when all tries are over"));
    addRow(grid, tr("Dead letters"), m_deadLetter,
           tr("Gets the event alone; a queue, as topics are not there yet"));
    addRow(grid, tr("Loops"), m_stops, tr("After about 16 invocations in one chain"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_save);
    buttons->addWidget(m_status, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Asynchronous invocation"), this));
    column->addLayout(grid);
    column->addWidget(m_grant);
    column->addLayout(buttons);
}

void AsyncCard::open(const QString& function, const QString& arn)
{
    m_function = function;
    m_arnPrefix = arn.section(u':', 0, 5) + u':';
    m_qualifier->setCurrentIndex(0);
    m_base.reset();
    m_baseDead.reset();
    m_baseStops.reset();
    m_status->clear();
    for (TargetPicker* picker : pickers())
        picker->choose({});
    fillTargets({});
    loadQueues();
    load();
    updateControls();
}

void AsyncCard::loadQueues()
{
    m_queuesApi.list(this, [this](const rpc::Result<QList<rpc::MessageQueue>>& queues) {
        if (queues)
            fillTargets(*queues);
    });
}

void AsyncCard::fillTargets(const QList<rpc::MessageQueue>& queues)
{
    QList<TargetPicker::Target> functions, targets;
    for (int row = 0; row < m_functions.rowCount(); ++row) {
        const QString name = m_functions.index(row, 0).data().toString();
        if (name != m_function)
            functions.append({name, m_arnPrefix + name});
    }
    for (const rpc::MessageQueue& queue : queues)
        targets.append({queue.name, queue.arn});
    for (TargetPicker* picker : pickers())
        picker->setTargets(picker == m_deadLetter ? QList<TargetPicker::Target>() : functions,
                           targets);
}

void AsyncCard::askForQueue(TargetPicker* picker, const QString& suffix)
{
    auto* ask = new QInputDialog(this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setObjectName(QStringLiteral("newQueueDialog"));
    ask->setWindowTitle(tr("New queue"));
    ask->setLabelText(tr("Name: 1 to 80 letters, digits, hyphens and underscores"));
    ask->setOkButtonText(tr("Make the queue"));
    ask->setTextValue(QStringLiteral("%1-%2").arg(m_function, suffix).left(80));
    connect(ask, &QInputDialog::textValueSelected, this,
            [this, picker](const QString& name) { makeQueue(picker, name); });
    ask->open();
}

void AsyncCard::makeQueue(TargetPicker* picker, const QString& name)
{
    m_queuesApi.create(name, this, [this, picker, name](const rpc::Result<rpc::Nothing>& made) {
        if (!made)
            return m_status->setText(made.error().message);
        m_queuesApi.list(this, [this, picker,
                                name](const rpc::Result<QList<rpc::MessageQueue>>& queues) {
            if (!queues)
                return m_status->setText(queues.error().message);
            fillTargets(*queues);
            for (const rpc::MessageQueue& queue : *queues) {
                if (queue.name == name)
                    picker->choose(queue.arn);
            }
        });
    });
}

QString AsyncCard::qualified() const
{
    const QString qualifier = m_qualifier->currentData().toString();
    return qualifier.isEmpty() ? m_function : m_function + u':' + qualifier;
}

void AsyncCard::loadEvents()
{
    m_base.reset();
    updateControls();
    m_api.eventInvoke(qualified(), this,
                      [this, asked = qualified()](const rpc::Result<rpc::EventInvokeSettings>& got) {
                          if (asked != qualified())
                              return;
                          if (!got)
                              return m_status->setText(got.error().message);
                          m_base = *got;
                          display(*got);
                      });
}

void AsyncCard::load()
{
    loadEvents();
    m_api.deadLetter(m_function, this,
                     [this, function = m_function](const rpc::Result<rpc::DeadLetterSettings>& got) {
                         if (function != m_function || !got)
                             return;
                         m_baseDead = *got;
                         m_deadLetter->choose(got->target);
                         updateControls();
                     });
    m_api.stopsLoops(m_function, this, [this, function = m_function](const rpc::Result<bool>& got) {
        if (function != m_function || !got)
            return;
        m_baseStops = *got;
        m_stops->setChecked(*got);
        updateControls();
    });
}

void AsyncCard::display(const rpc::EventInvokeSettings& settings)
{
    m_retries->setValue(settings.maximumRetries);
    m_age->setValue(settings.maximumAgeS);
    m_onSuccess->choose(settings.onSuccess);
    m_onFailure->choose(settings.onFailure);
    updateControls();
}

rpc::EventInvokeSettings AsyncCard::values() const
{
    return {m_retries->value(), m_age->value(), m_onSuccess->target(), m_onFailure->target()};
}

QStringList AsyncCard::chosenQueues() const
{
    QStringList queues;
    for (const TargetPicker* picker : pickers()) {
        if (isQueue(picker->target()) && !queues.contains(picker->target()))
            queues.append(picker->target());
    }
    return queues;
}

bool AsyncCard::targetsChanged() const
{
    return m_onSuccess->target() != m_base->onSuccess ||
           m_onFailure->target() != m_base->onFailure ||
           m_deadLetter->target() != m_baseDead->target;
}

void AsyncCard::updateControls()
{
    const bool known = m_base && m_baseDead && m_baseStops;
    m_qualifier->setEnabled(m_qualifier->count() > 1);
    for (QWidget* field : std::initializer_list<QWidget*>{m_retries, m_age, m_onSuccess, m_onFailure,
                                                          m_deadLetter, m_stops})
        field->setEnabled(known);
    m_save->setEnabled(known && (values() != *m_base || targetsChanged() ||
                                 m_stops->isChecked() != *m_baseStops));
    const bool grants = known && targetsChanged() && !chosenQueues().isEmpty();
    m_grant->setVisible(grants);
    if (grants)
        m_grant->setText(tr("Saving also lets the function's role %1 send to the chosen queues.")
                             .arg(roleName(m_baseDead->role)));
}

void AsyncCard::save()
{
    m_save->setEnabled(false);
    m_status->setText(tr("Saving…"));
    const QStringList queues = chosenQueues();
    if (!targetsChanged() || queues.isEmpty())
        return saveEvents();
    m_iam.putOwn(rpc::IdentityKind::Role, roleName(m_baseDead->role), kSendPolicy,
                 sendPolicy(queues), this, [this](const rpc::Result<rpc::Nothing>& result) {
                     result ? saveEvents() : finished(result);
                 });
}

void AsyncCard::saveEvents()
{
    if (values() == *m_base)
        return saveDeadLetter();
    m_api.setEventInvoke(qualified(), values(), this,
                         [this, wanted = values()](const rpc::Result<rpc::Nothing>& result) {
                             if (!result)
                                 return finished(result);
                             m_base = wanted;
                             saveDeadLetter();
                         });
}

void AsyncCard::saveDeadLetter()
{
    const QString target = m_deadLetter->target();
    if (target == m_baseDead->target)
        return saveLoops();
    m_api.setDeadLetter(m_function, target, this,
                        [this, target](const rpc::Result<rpc::Nothing>& result) {
                            if (!result)
                                return finished(result);
                            m_baseDead->target = target;
                            saveLoops();
                        });
}

void AsyncCard::saveLoops()
{
    const bool stops = m_stops->isChecked();
    if (stops == *m_baseStops)
        return finished(rpc::Nothing());
    m_api.setStopsLoops(m_function, stops, this,
                        [this, stops](const rpc::Result<rpc::Nothing>& result) {
                            if (result)
                                m_baseStops = stops;
                            finished(result);
                        });
}

void AsyncCard::finished(const rpc::Result<rpc::Nothing>& result)
{
    m_status->setText(result ? tr("Saved") : result.error().message);
    updateControls();
    if (result)
        Q_EMIT saved();
}

} // namespace gantry::ui
