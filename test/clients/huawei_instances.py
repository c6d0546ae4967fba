"""
The life of an instance through the Huawei Cloud SDK for Python, unmodified: ordered, listed, restarted, renamed, given parameters, tags,
a port and a password, backed up, deleted, found in the recycle bin, and brought back.

Environment as of huawei_sdk.py, whose helpers it uses; LARDER_INSTANCE_ID is not looked at. Prints one line of JSON per step.
"""

import os
import time
import uuid

os.environ.setdefault("LARDER_INSTANCE_ID", "none")

from huaweicloudsdkcore.exceptions import exceptions
import huaweicloudsdkdds.v3 as dds
from huawei_sdk import DDS, TIMEOUT, find_job, refused
from steps import expect, report, run_steps

PASSWORD = "Pass-Word_1"
ORDER = {
    "region": "eu-de",
    "availability_zone": "eu-de-01",
    "vpc_id": str(uuid.UUID(int=1)),
    "subnet_id": str(uuid.UUID(int=2)),
    "security_group_id": str(uuid.UUID(int=3)),
    "mode": "Single",
    "ssl_option": "0",
    # Others may be started beside these: none is to get the port of one that is being restarted.
    "port": str(2100 + os.getpid() % 6000),
}


def completed(job_id):
    deadline = time.monotonic() + TIMEOUT
    while True:
        job = find_job(job_id)
        if job.status == "Completed":
            return job.name
        expect(job.status == "Running", f"job {job.name} is {job.status}: {job.fail_reason}")
        expect(time.monotonic() < deadline, f"job {job.name} takes longer than {TIMEOUT} s")
        time.sleep(0.1)


def listed(instance_id):
    found = DDS.list_instances(dds.ListInstancesRequest(id=instance_id)).instances
    return found[0] if found else None


def idle(instance_id):
    deadline = time.monotonic() + TIMEOUT
    while True:
        instance = listed(instance_id)
        if instance.status == "normal" and instance.actions == []:
            return instance
        expect(time.monotonic() < deadline, f"{instance.status} {instance.actions}")
        time.sleep(0.1)


def check_templates(step_name):
    made = DDS.create_configuration(
        dds.CreateConfigurationRequest(
            body=dds.CreateConfigurationRequestBody(
                name=step_name,
                description="made by a client",
                datastore=dds.DatastoreResult(node_type="single", version="6.0"),
                parameter_values={"logLevel": "1"},
            )
        )
    ).configuration
    shown = DDS.show_configuration_parameter(dds.ShowConfigurationParameterRequest(config_id=made.id))
    values = {each.name: each.value for each in shown.parameters}
    expect(values["logLevel"] == "1" and values["notablescan"] == "false", f"values are {values}")
    change = dds.UpdateConfigurationParameterRequestBody(parameter_values={"notablescan": "true"})
    DDS.update_configuration_parameter(dds.UpdateConfigurationParameterRequest(config_id=made.id, body=change))
    copy = DDS.copy_configuration(
        dds.CopyConfigurationRequest(config_id=made.id, body=dds.CopyConfigurationRequestBody(name=f"{step_name}-copy"))
    ).configuration_id
    DDS.reset_configuration(dds.ResetConfigurationRequest(config_id=copy))
    pair = dds.DiffConfigurationRequest(source_configuration_id=made.id, target_configuration_id=copy)
    differences = DDS.compare_configuration(dds.CompareConfigurationRequest(body=pair)).differences
    expect([each.parameter_name for each in differences] == ["logLevel", "notablescan"], "other differences")
    DDS.delete_configuration(dds.DeleteConfigurationRequest(config_id=copy))
    missing = lambda: DDS.show_configuration_parameter(dds.ShowConfigurationParameterRequest(config_id=copy))
    refused("a deleted template", 400, "DBS.200057", missing)
    report("templates", total=DDS.list_configurations(dds.ListConfigurationsRequest()).total_count)
    return made.id


def create(name, **more):
    body = dds.CreateInstanceRequestBody(
        name=name,
        datastore=dds.Datastore(type="DDS-Community", version="6.0", storage_engine="wiredTiger"),
        flavor=[
            dds.CreateInstanceFlavorOption(
                type="single", num="1", storage="ULTRAHIGH", size="10", spec_code="dds.mongodb.s2.medium.4.single"
            )
        ],
        backup_strategy=dds.BackupStrategy(start_time="03:00-04:00", keep_days="0"),
        **{**ORDER, **more},
    )
    return DDS.create_instance(dds.CreateInstanceRequest(body=body))


def check_changes(instance_id, template_id):
    restart = dds.RestartInstanceRequest(instance_id=instance_id, body=dds.RestartInstanceRequestBody(target_id=instance_id))
    report("restart_instance", job=completed(DDS.restart_instance(restart).job_id))
    renamed = dds.UpdateNameRequestBody(new_instance_name="sdk-renamed")
    DDS.update_instance_name(dds.UpdateInstanceNameRequest(instance_id=instance_id, body=renamed))
    expect(listed(instance_id).name == "sdk-renamed", "not renamed")
    secret = dds.ResetPasswordRequestBody(user_pwd="Other-Word_2")
    DDS.reset_password(dds.ResetPasswordRequest(instance_id=instance_id, body=secret))
    tags = dds.BatchOperateInstanceTagRequestBody(action="create", tags=[dds.TagWithKeyValue(key="owner", value="me")])
    DDS.batch_tag_action(dds.BatchTagActionRequest(instance_id=instance_id, body=tags))
    kept = DDS.list_instance_tags(dds.ListInstanceTagsRequest(instance_id=instance_id)).tags
    expect([(each.key, each.value) for each in kept] == [("owner", "me")], f"tags are {kept}")
    report("rename, password, tags")
    body = dds.ApplyConfigurationRequestBody(entity_ids=[instance_id])
    completed(DDS.switch_configuration(dds.SwitchConfigurationRequest(config_id=template_id, body=body)).job_id)
    change = dds.UpdateConfigurationParameterResult(
        entity_id=instance_id, parameter_values={"net.maxIncomingConnections": "500"}
    )
    changed = DDS.update_entity_configuration(dds.UpdateEntityConfigurationRequest(instance_id=instance_id, body=change))
    expect(changed.restart_required is True, "a restart is needed")
    completed(changed.job_id)
    shown = DDS.show_entity_configuration(
        dds.ShowEntityConfigurationRequest(instance_id=instance_id, entity_id=instance_id)
    ).parameters
    values = {each.name: each.value for each in shown}
    expect(values["net.maxIncomingConnections"] == "500" and values["notablescan"] == "true", f"values are {values}")
    history = DDS.show_instance_configuration_modify_history(
        dds.ShowInstanceConfigurationModifyHistoryRequest(instance_id=instance_id, entity_id=instance_id)
    )
    expect(history.total_count == 3 and history.histories[0].applied is False, "another history")
    applied = DDS.show_configuration_applied_history(dds.ShowConfigurationAppliedHistoryRequest(config_id=template_id))
    expect(applied.histories[0].apply_result == "SUCCESS", "not applied")
    report("parameters")


def check_recycling(instance_id):
    option = dds.CreateManualBackupOption(instance_id=instance_id, name=f"last-{uuid.uuid4().hex}")
    body = dds.CreateManualBackupRequestBody(backup=option)
    made = DDS.create_manual_backup(dds.CreateManualBackupRequest(body=body))
    completed(made.job_id)
    completed(DDS.delete_instance(dds.DeleteInstanceRequest(instance_id=instance_id)).job_id)
    expect(listed(instance_id) is None, "still listed")
    (recycled,) = DDS.list_recycle_instances(dds.ListRecycleInstancesRequest()).instances
    expect(recycled.id == instance_id and recycled.backup_id == made.backup_id, "another instance is in the bin")
    policy = DDS.show_recycle_policy(dds.ShowRecyclePolicyRequest()).recycle_policy
    expect(policy.enabled is True and policy.retention_period_in_days == 7, "another policy")
    point = dds.RestorePoint(instance_id=instance_id, type="backup", backup_id=recycled.backup_id)
    body = dds.RestoreNewInstanceRequestBody(
        name="sdk-again",
        availability_zone=ORDER["availability_zone"],
        vpc_id=ORDER["vpc_id"],
        subnet_id=ORDER["subnet_id"],
        security_group_id=ORDER["security_group_id"],
        ssl_option="0",
        flavor=[
            dds.RestoreNewInstanceFlavorOption(
                type="single", num="1", size="10", spec_code="dds.mongodb.s2.medium.4.single"
            )
        ],
        backup_strategy=dds.BackupStrategy(start_time="03:00-04:00", keep_days="0"),
        restore_point=point,
    )
    again = DDS.restore_new_instance(dds.RestoreNewInstanceRequest(body=body))
    report("recycle bin", job=completed(again.job_id))
    completed(DDS.delete_instance(dds.DeleteInstanceRequest(instance_id=idle(again.id).id)).job_id)
    report("delete_instance")


def main():
    template_id = check_templates("sdk-template")
    created = create("sdk-single", password=PASSWORD)
    expect(created.status == "creating" and created.port, "not ordered")
    report("create_instance", job=completed(created.job_id))
    expect(idle(created.id).mode == "Single", "not of the ordered mode")
    check_changes(created.id, template_id)
    check_recycling(created.id)


if __name__ == "__main__":
    run_steps(main, exceptions.SdkException, ok=True)
