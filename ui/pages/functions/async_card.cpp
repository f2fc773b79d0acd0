#include "ui/pages/functions/async_card.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QAbstractItemModel>
#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kFieldWidth = 280;

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

void choose(QComboBox* box, const QString& arn)
{
    int index = box->findData(arn);
    if (index < 0) { // of another service, or a function that is gone
        box->addItem(arn, arn);
        index = box->count() - 1;
    }
    box->setCurrentIndex(index);
}

} // namespace

AsyncCard::AsyncCard(rpc::Channel& channel, const QAbstractItemModel& functions, QWidget* parent)
    : QFrame(parent), m_api(channel), m_functions(functions), m_retries(new QSpinBox),
      m_age(new QSpinBox), m_onSuccess(new QComboBox), m_onFailure(new QComboBox),
      m_stops(new QCheckBox(tr("Stop recursive loops"))), m_status(widgets::makeCaption({})),
      m_save(widgets::makeButton(QStringLiteral("saveAsync"), tr("Save"), ButtonKind::Primary))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("asyncCard"));
    build();
    for (QSpinBox* box : {m_retries, m_age})
        connect(box, &QSpinBox::valueChanged, this, &AsyncCard::updateControls);
    for (QComboBox* box : {m_onSuccess, m_onFailure})
        connect(box, &QComboBox::currentIndexChanged, this, &AsyncCard::updateControls);
    connect(m_stops, &QCheckBox::toggled, this, &AsyncCard::updateControls);
    connect(m_save, &QPushButton::clicked, this, &AsyncCard::save);
    updateControls();
}

void AsyncCard::build()
{
    m_retries->setRange(0, 2);
    m_age->setRange(60, 21'600);
    m_age->setSuffix(tr(" s"));
    m_age->setSingleStep(60);
    widgets::identify(m_retries, QStringLiteral("asyncRetries"), tr("Retries after a function error"));
    widgets::identify(m_age, QStringLiteral("asyncAge"), tr("Oldest age of an event"));
    widgets::identify(m_onSuccess, QStringLiteral("asyncOnSuccess"), tr("Destination on success"));
    widgets::identify(m_onFailure, QStringLiteral("asyncOnFailure"), tr("Destination on failure"));
    widgets::identify(m_stops, QStringLiteral("asyncStops"), tr("Stop recursive loops of the function"));
    m_status->setObjectName(QStringLiteral("asyncStatus"));
    m_save->setAccessibleName(tr("Save the asynchronous settings"));

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::kMargin);
    grid->setVerticalSpacing(Theme::kSpace);
    grid->setColumnStretch(2, 1);
    addRow(grid, tr("Retries"), m_retries, tr("0 to 2 after a function error; after 1 and 2 minutes"));
    addRow(grid, tr("Oldest age"), m_age,
           tr("60 to 21,600 s (6 hours); throttled events are tried until then"));
    addRow(grid, tr("On success"), m_onSuccess, tr("Gets the event and the response"));
    addRow(grid, tr("On failure"), m_onFailure, tr("Gets the event and the error when all tries are over"));
    addRow(grid, tr("Loops"), m_stops, tr("After about 16 invocations in one chain"));
    const int last = grid->rowCount();
    grid->addWidget(new QLabel(tr("Dead letters")), last, 0);
    grid->addWidget(widgets::makeCaption(tr("They go to a queue or a topic, and this platform has "
                                            "neither. Choose a function on failure.")),
                    last, 1, 1, 2);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_save);
    buttons->addWidget(m_status, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Asynchronous invocation"), this));
    column->addLayout(grid);
    column->addLayout(buttons);
}

void AsyncCard::open(const QString& function, const QString& arn)
{
    m_function = function;
    m_arnPrefix = arn.section(u':', 0, 5) + u':';
    m_base.reset();
    m_baseStops.reset();
    m_status->clear();
    fillDestinations();
    load();
    updateControls();
}

void AsyncCard::fillDestinations()
{
    for (QComboBox* box : {m_onSuccess, m_onFailure}) {
        const QSignalBlocker quiet(box);
        box->clear();
        box->addItem(tr("None"), QString());
        for (int row = 0; row < m_functions.rowCount(); ++row) {
            const QString name = m_functions.index(row, 0).data().toString();
            if (name != m_function)
                box->addItem(name, QString(m_arnPrefix + name));
        }
    }
}

void AsyncCard::load()
{
    m_api.eventInvoke(m_function, this,
                      [this, function = m_function](const rpc::Result<rpc::EventInvokeSettings>& got) {
                          if (function != m_function)
                              return;
                          if (!got)
                              return m_status->setText(got.error().message);
                          m_base = *got;
                          display(*got);
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
    choose(m_onSuccess, settings.onSuccess);
    choose(m_onFailure, settings.onFailure);
    updateControls();
}

rpc::EventInvokeSettings AsyncCard::values() const
{
    return {m_retries->value(), m_age->value(), m_onSuccess->currentData().toString(),
            m_onFailure->currentData().toString()};
}

void AsyncCard::updateControls()
{
    const bool known = m_base && m_baseStops;
    for (QWidget* field : std::initializer_list<QWidget*>{m_retries, m_age, m_onSuccess, m_onFailure,
                                                          m_stops})
        field->setEnabled(known);
    m_save->setEnabled(known && (values() != *m_base || m_stops->isChecked() != *m_baseStops));
}

void AsyncCard::save()
{
    m_save->setEnabled(false);
    m_status->setText(tr("Saving…"));
    if (values() == *m_base)
        return saveLoops();
    m_api.setEventInvoke(m_function, values(), this,
                         [this, wanted = values()](const rpc::Result<rpc::Nothing>& result) {
                             if (!result)
                                 return finished(result);
                             m_base = wanted;
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
