#include "ui/pages/functions/stream_pace_row.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {
constexpr double kMostMb = 1024;
constexpr int kFieldWidth = 130;
} // namespace

StreamPaceRow::StreamPaceRow(rpc::Channel& channel, QWidget* parent)
    : QWidget(parent), m_api(channel), m_burst(new QDoubleSpinBox), m_rate(new QDoubleSpinBox),
      m_save(widgets::makeButton(QStringLiteral("savePace"), tr("Save"))),
      m_usual(widgets::makeButton(QStringLiteral("usualPace"), tr("Use the platform's"),
                                  ButtonKind::Flat)),
      m_status(widgets::makeCaption({}))
{
    setObjectName(QStringLiteral("streamPaceRow"));
    widgets::identify(m_burst, QStringLiteral("paceBurst"), tr("Burst of a streamed response"),
                      tr("0 to 1,024 MB go out at full speed; 6 on AWS"));
    widgets::identify(m_rate, QStringLiteral("paceRate"), tr("Rate of a streamed response"),
                      tr("Then as much a second, up to 1,024 MB; 2 on AWS, 0: no limit"));
    m_burst->setSuffix(tr(" MB"));
    m_rate->setSuffix(tr(" MB/s"));
    m_rate->setSpecialValueText(tr("no limit"));
    for (QDoubleSpinBox* box : {m_burst, m_rate}) {
        box->setRange(0, kMostMb);
        box->setDecimals(2);
        box->setFixedWidth(kFieldWidth);
        connect(box, &QDoubleSpinBox::valueChanged, this, &StreamPaceRow::updateControls);
    }
    m_save->setAccessibleName(tr("Save the streaming speed"));
    m_usual->setToolTip(tr("Forget the function's own speed"));
    m_status->setObjectName(QStringLiteral("paceStatus"));
    connect(m_save, &QPushButton::clicked, this,
            [this] { save(rpc::StreamPace{m_burst->value(), m_rate->value(), true}); });
    connect(m_usual, &QPushButton::clicked, this, [this] { save(std::nullopt); });
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(new QLabel(tr("Streams send")));
    row->addWidget(m_burst);
    row->addWidget(new QLabel(tr("at once, then")));
    row->addWidget(m_rate);
    row->addWidget(m_save);
    row->addWidget(m_usual);
    row->addWidget(m_status, 1);
    updateControls();
}

void StreamPaceRow::open(const QString& function)
{
    m_function = function;
    m_base.reset();
    updateControls();
    m_api.streamPace(function, this, [this, function](const rpc::Result<rpc::StreamPace>& result) {
        if (function == m_function)
            take(result, {});
    });
}

void StreamPaceRow::save(const std::optional<rpc::StreamPace>& pace)
{
    m_save->setEnabled(false);
    m_api.setStreamPace(m_function, pace, this,
                        [this, function = m_function](const rpc::Result<rpc::StreamPace>& result) {
                            if (function == m_function)
                                take(result, tr("Saved, from the next call on"));
                        });
}

void StreamPaceRow::take(const rpc::Result<rpc::StreamPace>& result, const QString& done)
{
    if (result) {
        m_base = *result;
        m_burst->setValue(result->burstMb);
        m_rate->setValue(result->mbPerSecond);
        m_status->setText(!done.isEmpty() ? done
                          : result->own   ? tr("of this function")
                                          : tr("the platform's"));
    } else {
        m_status->setText(result.error().message);
    }
    updateControls();
}

void StreamPaceRow::updateControls()
{
    m_burst->setEnabled(m_base.has_value());
    m_rate->setEnabled(m_base.has_value());
    m_usual->setVisible(m_base && m_base->own);
    m_save->setEnabled(m_base && (m_burst->value() != m_base->burstMb ||
                                  m_rate->value() != m_base->mbPerSecond));
}

} // namespace gantry::ui
